package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parameter data of PERSISTENT RESERVE IN (SPC-4 §6.15). Immutable; as long as there are
 * registrations.
 */
public sealed interface ReserveInData {

    /** From position 0 to limit. */
    ByteBuffer encode();

    private static ByteBuffer headed(int generation, int bytes) {
        return ByteBuffer.allocate(8 + bytes).putInt(generation).putInt(bytes);
    }

    /**
     * READ KEYS (§6.15.2): one for each registration.
     *
     * @param generation PRGENERATION
     */
    record Keys(int generation, List<Long> keys) implements ReserveInData {
        public Keys {
            keys = List.copyOf(keys);
        }

        @Override
        public ByteBuffer encode() {
            ByteBuffer out = headed(generation, Long.BYTES * keys.size());
            keys.forEach(out::putLong);
            return out.flip();
        }
    }

    /**
     * READ RESERVATION (§6.15.3).
     *
     * @param type null: there is no reservation
     * @param key of the holder; 0 where every registrant is one
     */
    record Reservation(int generation, @Nullable ReservationType type, long key)
            implements ReserveInData {
        private static final int DESCRIPTOR_BYTES = 16;

        @Override
        public ByteBuffer encode() {
            if (type == null) {
                return headed(generation, 0).flip();
            }
            ByteBuffer out = headed(generation, DESCRIPTOR_BYTES);
            return out.putLong(8, key).put(21, (byte) type.code()).clear();
        }

        /** Reads what a target returned; an unknown type is none. */
        public static Reservation parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, 8 + DESCRIPTOR_BYTES);
            ReservationType type = ReservationType.of(in.get(21) & 0x0f).orElse(null);
            return new Reservation(in.getInt(0), in.getInt(4) == 0 ? null : type, in.getLong(8));
        }
    }

    /**
     * REPORT CAPABILITIES (§6.15.4): all types, TransportIDs, all target ports, and persistence.
     *
     * @param persists PTPL_A: what is registered survives a loss of power
     */
    record Capabilities(boolean persists) implements ReserveInData {
        private static final int BYTES = 8;
        private static final int SIP_ATP_PTPL_CAPABLE = 0x0d;
        private static final int TYPE_MASK_VALID = 0x80;
        private static final int TYPES = 0xea01;

        @Override
        public ByteBuffer encode() {
            return ByteBuffer.allocate(BYTES)
                    .putShort(0, (short) BYTES)
                    .put(2, (byte) SIP_ATP_PTPL_CAPABLE)
                    .put(3, (byte) (TYPE_MASK_VALID | (persists ? 1 : 0)))
                    .putShort(4, (short) TYPES);
        }
    }

    /** READ FULL STATUS (§6.15.5). */
    record FullStatus(int generation, List<Registration> registrations) implements ReserveInData {
        private static final int DESCRIPTOR_BYTES = 24;

        public FullStatus {
            registrations = List.copyOf(registrations);
        }

        @Override
        public ByteBuffer encode() {
            int bytes =
                    registrations.stream()
                            .mapToInt(r -> DESCRIPTOR_BYTES + r.port().encodedBytes())
                            .sum();
            ByteBuffer out = headed(generation, bytes);
            for (Registration registration : registrations) {
                int at = out.position();
                ReservationType held = registration.holds();
                out.putLong(at, registration.key());
                if (held != null) {
                    out.put(at + 12, (byte) 1).put(at + 13, (byte) held.code());
                }
                out.putShort(at + 18, (short) registration.targetPort());
                out.putInt(at + 20, registration.port().encodedBytes());
                out.position(at + DESCRIPTOR_BYTES);
                registration.port().encode(out);
            }
            return out.flip();
        }
    }

    /**
     * One registration, as READ FULL STATUS shows it.
     *
     * @param targetPort relative target port identifier
     * @param holds what it holds of the reservation; null: nothing
     */
    record Registration(
            TransportId port, int targetPort, long key, @Nullable ReservationType holds) {}
}
