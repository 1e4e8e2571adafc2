package dev.lunaria.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Commands of a test and what became of them. Owned by the test's thread. */
final class Outcomes {
    final List<ScsiOutcome> all = new ArrayList<>();

    static ByteBuffer cdb() {
        return ByteBuffer.allocate(16);
    }

    static ByteBuffer bytes(int length) {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        for (int i = 0; i < length; i++) {
            buffer.put(i, (byte) (i * 31 + i / 256));
        }
        return buffer;
    }

    ScsiRequest.Completion next() {
        return all::add;
    }

    ScsiOutcome only() {
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    DiskError error() {
        assertThat(only()).isInstanceOf(ScsiOutcome.Failed.class);
        return ((ScsiOutcome.Failed) only()).error();
    }
}
