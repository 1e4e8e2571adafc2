package dev.lunaria.target.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What callers hear where a change could not be made durable. */
final class AnswersTest {

    private static Status told(IOException failure) {
        List<Status> told = new ArrayList<>();
        Answers.send(
                new StreamObserver<String>() {
                    @Override
                    public void onNext(String answer) {}

                    @Override
                    public void onError(Throwable error) {
                        told.add(Status.fromThrowable(error));
                    }

                    @Override
                    public void onCompleted() {}
                },
                () -> {
                    throw failure;
                });
        return told.getFirst();
    }

    @Test
    void aFullFilesystemIsCalledFull() {
        var full = new LinuxException("write", Errno.ENOSPC, "grants.json");

        for (IOException failure : List.of(full, new IOException("grants.json", full))) {
            Status status = told(failure);
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription()).contains("full to the last byte", "free space");
        }
    }

    @Test
    void anyOtherFailureIsNot() {
        Status status = told(new LinuxException("fsync", Errno.EIO, "grants.json"));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).contains("failed", "EIO").doesNotContain("full");
    }
}
