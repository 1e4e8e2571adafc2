package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.RefusedException.Reason;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Who needs something that must not be deleted meanwhile. Any thread; few at a time: the copies
 * that are being made of it.
 */
public final class Uses {

    private final String what;
    private final List<String> reasons = new CopyOnWriteArrayList<>();

    Uses(String what) {
        this.what = what;
    }

    /** A use; over when it is closed. */
    public interface Use extends AutoCloseable {
        @Override
        void close();
    }

    Use begin(String why) {
        reasons.add(why);
        return () -> reasons.remove(why);
    }

    /**
     * Refuses what must not happen meanwhile.
     *
     * @throws RefusedException PRECONDITION while somebody needs it
     */
    void refuseWhileUsed() throws RefusedException {
        for (String why : reasons) {
            throw new RefusedException(
                    Reason.PRECONDITION,
                    "%s is needed: %s; wait until that is done, or delete that first"
                            .formatted(what, why));
        }
    }
}
