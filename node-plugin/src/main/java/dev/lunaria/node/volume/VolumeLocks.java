package dev.lunaria.node.volume;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.kernel.KernelCalls.Hung;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * One operation at a time on each volume; a second one is refused rather than queued. For any
 * thread.
 *
 * <p>A call that hangs in the kernel beyond its deadline keeps the volume's lock until the kernel
 * lets go of it: nothing else may touch the volume meanwhile.
 */
public final class VolumeLocks {
    private final ConcurrentHashMap<String, Holder> holders = new ConcurrentHashMap<>();
    private final AtomicLong nextId = new AtomicLong();

    /** Who holds a lock: an operation, with the call over which it gave up, if it did. */
    private record Holder(long id, String what, @Nullable Hung hung) {
        boolean holds() {
            return hung == null || hung.stillHangs();
        }
    }

    /** An operation on a volume. */
    @FunctionalInterface
    public interface Operation<T> {
        /** Does it, under the volume's lock. */
        T run() throws IOException;
    }

    /** An operation on a volume that has no result. */
    @FunctionalInterface
    public interface Action {
        /** Does it, under the volume's lock. */
        void run() throws IOException;
    }

    /**
     * Does an operation under the volume's lock.
     *
     * @param what names it in messages: "staging"
     * @throws NodeFailure BUSY where another one is under way, TIMED_OUT where it hangs in the
     *     kernel, BROKEN where the kernel or a file fails
     */
    @SuppressWarnings("ReferenceEquality") // Whose entry it is, not what stands in it.
    public <T> T locked(String volumeId, String what, Operation<T> operation) {
        var mine = new Holder(nextId.getAndIncrement(), what, null);
        Holder current =
                holders.compute(
                        volumeId, (id, holder) -> holder != null && holder.holds() ? holder : mine);
        if (!mine.equals(current)) {
            throw new NodeFailure(Kind.BUSY, busy(current));
        }
        MDC.put("volume", volumeId);
        try {
            T result = operation.run();
            holders.remove(volumeId, mine);
            return result;
        } catch (Hung hung) {
            holders.replace(volumeId, mine, new Holder(mine.id(), what, hung));
            throw new NodeFailure(Kind.TIMED_OUT, hung.getMessage() + "; repeat", hung);
        } catch (IOException e) {
            holders.remove(volumeId, mine);
            throw NodeFailure.broken(e);
        } catch (RuntimeException e) {
            holders.remove(volumeId, mine);
            throw e;
        } finally {
            MDC.remove("volume");
        }
    }

    /** As {@link #locked}, for what has no result. */
    public void run(String volumeId, String what, Action action) {
        Operation<Boolean> operation =
                () -> {
                    action.run();
                    return true;
                };
        locked(volumeId, what, operation);
    }

    private static String busy(Holder holder) {
        Hung hung = holder.hung();
        return hung == null
                ? holder.what() + " the volume is under way; repeat"
                : "an earlier call still hangs in the kernel (" + hung.getMessage() + "); repeat";
    }
}
