package dev.lunaria.node.attach;

import dev.lunaria.node.failure.NodeFailure;
import java.util.List;
import java.util.function.Supplier;

/**
 * A backend whose caller is killed at its n-th call: before the call is made or after it, as if the
 * process had died there.
 */
public final class StoppingBackend implements AttachBackend {
    /** What the killed process would not even see. */
    public static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private final AttachBackend backend;
    private int stepsLeft = Integer.MAX_VALUE;

    /** Never kills until {@link #killAfter} says so. */
    public StoppingBackend(AttachBackend backend) {
        this.backend = backend;
    }

    /** Kills at the given step from now on; each call has two, one before and one after it. */
    public void killAfter(int steps) {
        stepsLeft = steps;
    }

    /** Kills no more; returns whether it had killed. */
    public boolean revive() {
        boolean killed = stepsLeft <= 0;
        stepsLeft = Integer.MAX_VALUE;
        return killed;
    }

    private <T> T steps(Supplier<T> call) {
        step();
        T result = call.get();
        step();
        return result;
    }

    private void step() {
        if (stepsLeft-- <= 0) {
            stepsLeft = 0;
            throw new Killed();
        }
    }

    @Override
    public AttachedDisk attach(AttachSpec spec) throws NodeFailure {
        return steps(() -> backend.attach(spec));
    }

    @Override
    public void detach(String volumeId, boolean discardWrites) {
        boolean done =
                steps(() -> {
                    backend.detach(volumeId, discardWrites);
                    return true;
                });
        assert done;
    }

    @Override
    public AttachedDisk refreshSize(String volumeId) {
        return steps(() -> backend.refreshSize(volumeId));
    }

    @Override
    public List<AttachedDisk> list() {
        return steps(backend::list);
    }

    @Override
    public FormatState format(String volumeId) {
        return steps(() -> backend.format(volumeId));
    }

    @Override
    public FormatState beginFormat(String volumeId, long generation, String filesystem) {
        return steps(() -> backend.beginFormat(volumeId, generation, filesystem));
    }

    @Override
    public FormatState finishFormat(String volumeId, long generation) {
        return steps(() -> backend.finishFormat(volumeId, generation));
    }
}
