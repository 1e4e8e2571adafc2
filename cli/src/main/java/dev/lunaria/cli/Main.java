package dev.lunaria.cli;

import dev.lunaria.service.log.LogFormat;
import dev.lunaria.service.log.LogLevel;
import dev.lunaria.service.log.LunariaLogging;

/** The program {@code lunaria}. */
public final class Main {

    private Main() {}

    /** Runs the subcommand that the arguments name, and ends the process. */
    public static void main(String[] args) {
        // What libraries have to say is said in the one line of an error.
        LunariaLogging.configure(LogFormat.TEXT, LogLevel.ERROR);
        int code = Lunaria.commandLine().execute(args);
        System.out.flush();
        System.exit(code);
    }
}
