package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.node.attach.FormatState;
import dev.lunaria.node.disk.session.UnitException;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.kernel.KernelCalls;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Answers of the format protocol over a disk of the kernel, as the backend gives them. */
final class FormatAnswers {
    private static final Duration COMMAND = Duration.ofSeconds(40);

    private final KernelCalls kernel;

    FormatAnswers(KernelCalls kernel) {
        this.kernel = kernel;
    }

    /** Asks, and waits for the answer; bounded in time. */
    FormatState ask(String what, KernelCalls.Call<CompletableFuture<FormatStatePage>> call) {
        try {
            return formatState(kernel.within(COMMAND, what, () -> call.run().join()));
        } catch (CompletionException e) {
            throw failure(what, e);
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        } catch (KernelCalls.Hung e) {
            throw new NodeFailure(Kind.TIMED_OUT, e.getMessage() + "; repeat", e);
        }
    }

    private static NodeFailure failure(String what, CompletionException e) {
        String message = what + ": " + e.getCause();
        if (!(e.getCause() instanceof UnitException unit)) {
            return new NodeFailure(Kind.BROKEN, message, e);
        }
        Kind kind =
                switch (unit.reason()) {
                    case REFUSED, WRONG_UNIT, NOT_ALLOWED -> Kind.PRECONDITION;
                    case UNAVAILABLE, CLOSED -> Kind.UNAVAILABLE;
                    case CHANGED -> Kind.BUSY;
                    case FAILED -> Kind.BROKEN;
                };
        return new NodeFailure(kind, what + ": " + unit.getMessage(), unit);
    }

    private static FormatState formatState(FormatStatePage page) {
        return switch (page.state()) {
            case BLANK -> new FormatState.Blank(page.generation());
            case FORMATTING ->
                    new FormatState.Formatting(
                            page.generation(),
                            page.filesystem(),
                            page.mine(),
                            page.ownerFenced(),
                            page.ownerNode());
            case READY -> new FormatState.Ready(page.generation(), page.filesystem());
        };
    }
}
