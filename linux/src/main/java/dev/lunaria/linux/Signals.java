package dev.lunaria.linux;

import sun.misc.Signal;

/**
 * What this process does at a signal, where the JVM leaves that to it. Set once, by the main
 * thread; what is set runs on a thread of the JVM's own for each signal.
 */
public final class Signals {

    private Signals() {}

    /** Runs this at each SIGHUP, in place of the JVM's own answer, which is to end. */
    public static void onHangup(Runnable action) {
        Signal.handle(new Signal("HUP"), _ -> action.run());
    }
}
