package dev.lunaria.e2e.deaths;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happens between the programs during one call, as named steps; strikes at one of them.
 *
 * <p>Any thread, guarded by its own lock: relays and watchers tell of steps, and wait while a blow
 * falls, so that a message that is a step is neither delivered before it nor lost. Remembers at
 * most {@value #MAX_STEPS} steps of a call.
 */
final class Steps {
    static final int MAX_STEPS = 4096;

    /**
     * One step of a call.
     *
     * @param name what happens: "CreateLun is asked"
     * @param occurrence the how manieth of that name in the call, from 1
     */
    record Step(String name, int occurrence) {
        @Override
        public String toString() {
            return occurrence == 1 ? name : name + " (" + occurrence + ")";
        }
    }

    private final Map<String, Integer> counts = new HashMap<>();
    private final List<Step> passed = new ArrayList<>();
    private boolean recording;
    private @Nullable Step target;
    private @Nullable Runnable blow;

    /** Forgets what was; from now on steps are those of the next call. */
    synchronized void begin() {
        counts.clear();
        passed.clear();
        target = null;
        blow = null;
        recording = true;
    }

    /** As {@link #begin}; and at that step the blow falls, once, on the thread that tells of it. */
    synchronized void begin(Step step, Runnable blow) {
        begin();
        target = step;
        this.blow = blow;
    }

    /** Ends the call: no blow falls any more. Returns its steps in their order. */
    synchronized List<Step> end() {
        recording = false;
        target = null;
        blow = null;
        return List.copyOf(passed);
    }

    /** Something happens now, or is about to: returns when it may go on. */
    void passing(String name) {
        Runnable now;
        synchronized (this) {
            if (!recording || passed.size() == MAX_STEPS) {
                return;
            }
            var step = new Step(name, counts.merge(name, 1, Integer::sum));
            passed.add(step);
            if (!step.equals(target)) {
                return;
            }
            now = blow;
            target = null;
            blow = null;
        }
        if (now != null) {
            now.run();
        }
    }
}
