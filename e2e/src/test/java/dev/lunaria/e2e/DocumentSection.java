package dev.lunaria.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A part of a document that is generated from the code, between {@code <!-- NAME -->} and {@code
 * <!-- end -->}. With {@code -Dlunaria.documents=write} tests write it instead of comparing it.
 */
record DocumentSection(Path document, String name) {
    private static final String END = "<!-- end -->\n";

    /** What stands there now; after writing what is expected, where that was asked for. */
    String contents(String expected) throws IOException {
        String text = Files.readString(document);
        String start = "<!-- " + name + " -->\n";
        int from = text.indexOf(start);
        int to = text.indexOf(END, from);
        if (from < 0 || to < 0) {
            throw new IllegalStateException(document + " has no section " + start.strip());
        }
        if ("write".equals(System.getProperty("lunaria.documents"))) {
            Files.writeString(
                    document,
                    text.substring(0, from + start.length()) + expected + text.substring(to));
            return expected;
        }
        return text.substring(from + start.length(), to);
    }
}
