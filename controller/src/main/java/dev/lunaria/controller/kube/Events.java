package dev.lunaria.controller.kube;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people by Events on Kubernetes' objects. Used by any thread; its memory is guarded by
 * itself. The same Event is told once in {@link #REPEAT_AFTER} and counts; at most {@value
 * #MAX_PER_MINUTE} are told in a minute; the last {@value #REMEMBERED} are remembered.
 *
 * <p>An Event that can't be told is logged and lost: nothing waits for it.
 */
final class Events {

    static final Duration REPEAT_AFTER = Duration.ofMinutes(5);
    static final int MAX_PER_MINUTE = 60;
    static final int REMEMBERED = 1_000;

    /** Longest message that Kubernetes takes (core/v1 Event). */
    static final int MAX_MESSAGE = 1_024;

    private static final Logger log = LoggerFactory.getLogger(Events.class);
    private static final String SOURCE = "lunaria-controller";

    /** Where Events on objects without a namespace are. */
    private static final String NO_NAMESPACE = "default";

    private final KubernetesClient client;
    private final InstantSource time;
    private final Map<String, Instant> told = new LinkedHashMap<>();
    private Instant minute = Instant.EPOCH;
    private int toldInMinute;

    /** How serious an Event is. */
    enum Type {
        NORMAL("Normal"),
        WARNING("Warning");

        private final String word;

        Type(String word) {
            this.word = word;
        }
    }

    /** The object that an Event is about. */
    record About(ObjectReference reference) {
        About(HasMetadata object) {
            this(
                    new ObjectReferenceBuilder()
                            .withApiVersion(object.getApiVersion())
                            .withKind(object.getKind())
                            .withNamespace(object.getMetadata().getNamespace())
                            .withName(object.getMetadata().getName())
                            .withUid(object.getMetadata().getUid())
                            .build());
        }

        String namespace() {
            return reference.getNamespace() == null ? NO_NAMESPACE : reference.getNamespace();
        }
    }

    Events(KubernetesClient client, InstantSource time) {
        this.client = client;
        this.time = time;
    }

    /** Whether something of that key was told so recently that it needn't be looked into again. */
    boolean wasTold(String key) {
        synchronized (told) {
            Instant last = told.get(key);
            return last != null && time.instant().isBefore(last.plus(REPEAT_AFTER));
        }
    }

    /**
     * Tells an Event, unless it was told a moment ago.
     *
     * @param reason one word
     * @param message what happened and what to do
     */
    void tell(About about, Type type, String reason, String message) {
        String key = key(about, reason, message);
        if (!admit(key)) {
            return;
        }
        try {
            write(about, type, reason, shortened(message), key);
        } catch (KubernetesClientException e) {
            log.atWarn()
                    .addKeyValue("about", about.reference().getName())
                    .addKeyValue("event", reason)
                    .addKeyValue("error", KubeErrors.explain("create", "events", e))
                    .log("An event can't be told; it is only logged");
        }
    }

    /** Remembers that it is told now; false where it was already, or too many were. */
    boolean admit(String key) {
        synchronized (told) {
            if (wasTold(key)) {
                return false;
            }
            Instant now = time.instant();
            if (now.isAfter(minute.plus(Duration.ofMinutes(1)))) {
                minute = now;
                toldInMinute = 0;
            }
            if (toldInMinute >= MAX_PER_MINUTE) {
                return false;
            }
            toldInMinute++;
            told.remove(key);
            told.put(key, now);
            if (told.size() > REMEMBERED) {
                told.remove(told.keySet().iterator().next());
            }
            return true;
        }
    }

    /** The same Event has the same name, whichever controller tells it. */
    static String key(About about, String reason, String message) {
        String all =
                String.join(
                        "\n",
                        about.reference().getKind(),
                        about.namespace(),
                        about.reference().getName(),
                        String.valueOf(about.reference().getUid()),
                        reason,
                        message);
        return UUID.nameUUIDFromBytes(all.getBytes(UTF_8)).toString();
    }

    private void write(About about, Type type, String reason, String message, String key) {
        String now = time.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        var events = client.v1().events().inNamespace(about.namespace());
        Event event =
                new EventBuilder()
                        .withNewMetadata()
                        .withNamespace(about.namespace())
                        .withName("lunaria." + key)
                        .endMetadata()
                        .withInvolvedObject(about.reference())
                        .withType(type.word)
                        .withReason(reason)
                        .withMessage(message)
                        .withNewSource()
                        .withComponent(SOURCE)
                        .endSource()
                        .withReportingComponent(SOURCE)
                        .withFirstTimestamp(now)
                        .withLastTimestamp(now)
                        .withCount(1)
                        .build();
        try {
            var _ = events.resource(event).create();
        } catch (KubernetesClientException e) {
            if (!KubeErrors.isConflict(e)) {
                throw e;
            }
            var _ = events.withName(event.getMetadata().getName()).edit(known -> again(known, now));
        }
    }

    private static Event again(Event known, String now) {
        return new EventBuilder(known)
                .withLastTimestamp(now)
                .withCount(known.getCount() == null ? 2 : known.getCount() + 1)
                .build();
    }

    private static String shortened(String message) {
        return message.length() <= MAX_MESSAGE
                ? message
                : message.substring(0, MAX_MESSAGE - 1) + "…";
    }
}
