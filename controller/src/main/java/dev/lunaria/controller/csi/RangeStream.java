package dev.lunaria.controller.csi;

import dev.lunaria.controller.snapshot.SnapshotContents;
import dev.lunaria.controller.volume.RangePage;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;

/**
 * One answer that goes out page by page, as fast as the caller takes it: a page is asked for when
 * the one before has gone. Of one call, whose steps gRPC makes one after the other; holds one page.
 */
final class RangeStream<A> {

    private final ServerCallStreamObserver<A> answer;
    private final SnapshotContents.Ranges ranges;
    private final Function<RangePage, A> message;
    private long next;
    private boolean told;
    private boolean ended;

    RangeStream(
            StreamObserver<A> answer,
            SnapshotContents.Ranges ranges,
            Function<RangePage, A> message) {
        // grpc-java gives servers no other observer (ServerCalls.asyncServerStreamingCall).
        this.answer = (ServerCallStreamObserver<A>) answer;
        this.ranges = ranges;
        this.message = message;
    }

    /** Sends all that comes from there on; must be called by the service's method itself. */
    void start(long offset) {
        next = offset;
        // Else a caller that hangs up would make sending throw.
        answer.setOnCancelHandler(() -> ended = true);
        answer.setOnReadyHandler(this::send);
    }

    /** The caller learns the size also where there is no range at all. */
    private void send() {
        while (!ended && answer.isReady()) {
            RangePage page = ranges.from(next);
            if (!page.ranges().isEmpty() || (page.isLast() && !told)) {
                answer.onNext(message.apply(page));
                told = true;
            }
            next = page.nextOffset();
            if (page.isLast()) {
                ended = true;
                answer.onCompleted();
            }
        }
    }
}
