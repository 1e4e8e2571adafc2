package dev.lunaria.e2e.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** What a suite of Ginkgo's wrote about its cases, in JUnit's format. Immutable. */
public record GinkgoReport(List<Case> cases) {

    /** How a case ended. */
    public enum Outcome {
        PASSED,
        FAILED,
        SKIPPED
    }

    /** One case; the message says why it failed or was skipped. */
    public record Case(String name, Outcome outcome, String message) {}

    /** Reads the file that {@code --ginkgo.junit-report} names. */
    public static GinkgoReport read(Path junit) throws IOException {
        try {
            var factory = DocumentBuilderFactory.newDefaultInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            var elements =
                    factory.newDocumentBuilder()
                            .parse(Files.newInputStream(junit))
                            .getElementsByTagName("testcase");
            var cases = new ArrayList<Case>();
            for (int i = 0; i < elements.getLength(); i++) {
                Element element = (Element) elements.item(i);
                // What surrounds the cases (suites) is reported as if it were one.
                if (element.getAttribute("name").startsWith("[It]")) {
                    cases.add(of(element));
                }
            }
            return new GinkgoReport(cases);
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException("Ginkgo's report " + junit + " can't be read", e);
        }
    }

    private static Case of(Element element) {
        String name = element.getAttribute("name").replaceFirst("^\\[It] ", "");
        Optional<String> failed = message(element, "failure").or(() -> message(element, "error"));
        if (failed.isPresent()) {
            return new Case(name, Outcome.FAILED, failed.get());
        }
        return message(element, "skipped")
                .map(why -> new Case(name, Outcome.SKIPPED, why))
                .orElse(new Case(name, Outcome.PASSED, ""));
    }

    private static Optional<String> message(Element element, String kind) {
        return element.getElementsByTagName(kind).item(0) instanceof Element found
                ? Optional.of(found.getAttribute("message"))
                : Optional.empty();
    }

    /** Those that ended so. */
    public List<Case> of(Outcome outcome) {
        return cases.stream().filter(one -> one.outcome() == outcome).toList();
    }

    /** For the log. */
    public String counts() {
        return "%d cases: %d passed, %d failed, %d skipped"
                .formatted(
                        cases.size(),
                        of(Outcome.PASSED).size(),
                        of(Outcome.FAILED).size(),
                        of(Outcome.SKIPPED).size());
    }
}
