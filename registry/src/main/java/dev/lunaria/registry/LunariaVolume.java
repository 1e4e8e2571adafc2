package dev.lunaria.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where a volume was placed; the document's name is the volume's. Written create-only before a
 * target is called, so that of all attempts to create one volume each finds the same place.
 * Immutable.
 *
 * @param pool UUID of the pool
 * @param lun UUID of the LUN, chosen here
 * @param sizeBytes size to be made, in bytes; a multiple of 4096
 * @param parameters the parameters of the request
 * @param source what it is to begin as a copy of, in the same pool; null: it begins blank
 * @param deleting whether the volume is being deleted: it is not to be made any more, and its LUN's
 *     id not to be used again
 */
public record LunariaVolume(
        UUID pool,
        UUID lun,
        long sizeBytes,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, String> parameters,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Source source,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean deleting)
        implements Spec {

    /** LUN sizes are multiples of this many bytes. */
    public static final int SIZE_UNIT_BYTES = 4096;

    public LunariaVolume {
        Fields.required(pool, "pool");
        Fields.required(lun, "lun");
        if (sizeBytes <= 0 || sizeBytes % SIZE_UNIT_BYTES != 0) {
            throw new IllegalArgumentException(
                    "sizeBytes must be a positive multiple of " + SIZE_UNIT_BYTES);
        }
        parameters = Fields.map(parameters);
    }

    /**
     * What a volume begins as a copy of. Immutable.
     *
     * @param id UUID of the LUN or snapshot
     */
    public record Source(SourceKind kind, UUID id) {
        public Source {
            Fields.required(kind, "source.kind");
            Fields.required(id, "source.id");
        }
    }

    /** Of what volumes are copied. */
    public enum SourceKind {
        /** A LUN, as it is when the copy is made. */
        @JsonProperty("Lun")
        LUN,
        /** A snapshot. */
        @JsonProperty("Snapshot")
        SNAPSHOT
    }

    /** The same, with the mark that it is being deleted. */
    public LunariaVolume markedDeleting() {
        return new LunariaVolume(pool, lun, sizeBytes, parameters, source, true);
    }
}
