package dev.lunaria.target.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.store.BlockStore.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a logical unit may rely on: of the real store, of every decorator, and of every fake. */
public abstract class BlockStoreContract {

    /** Size of the store under test, in bytes. */
    protected static final long SIZE = 8 << 20;

    private static final int BLOCK = 512;
    private static final int PAGE = 4096;

    /** A store of {@link #SIZE} bytes that was never written. */
    protected abstract BlockStore store() throws IOException;

    @Test
    void a_new_store_reads_zeros_and_has_nothing_allocated() throws IOException {
        try (BlockStore store = store()) {
            assertThat(store.size()).isEqualTo(SIZE);
            assertThat(read(store, 0, PAGE)).containsOnly(0);
            assertThat(read(store, SIZE - BLOCK, BLOCK)).containsOnly(0);
            assertThat(store.allocated(0, SIZE)).isEmpty();
        }
    }

    @Test
    void what_was_written_is_read_whatever_its_length_and_place() throws IOException {
        try (BlockStore store = store()) {
            for (int length : new int[] {BLOCK, PAGE, 32 << 10, (64 << 10) + BLOCK, 1 << 20}) {
                byte[] data = random(length);
                assertThat(write(store, 3 * BLOCK, data, false)).isNull();
                assertThat(read(store, 3 * BLOCK, length)).isEqualTo(data);
            }
            byte[] end = random(PAGE);
            assertThat(write(store, SIZE - PAGE, end, true)).isNull();
            assertThat(read(store, SIZE - PAGE, PAGE)).isEqualTo(end);
            assertThat(flush(store)).isNull();
        }
    }

    @Test
    void a_buffer_is_used_from_position_to_limit_and_does_not_move() throws IOException {
        try (BlockStore store = store()) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(3 * PAGE);
            buffer.put(PAGE, random(PAGE)).position(PAGE).limit(2 * PAGE);
            Outcome written = new Outcome();
            store.write(0, buffer, false, written);
            assertThat(written.await()).isNull();
            assertThat(buffer.position()).isEqualTo(PAGE);
            assertThat(buffer.limit()).isEqualTo(2 * PAGE);

            ByteBuffer back = ByteBuffer.allocateDirect(3 * PAGE).position(PAGE).limit(2 * PAGE);
            into(store, 0, back);
            assertThat(back).isEqualTo(buffer);
            assertThat(back.position()).isEqualTo(PAGE);
            assertThat(back.clear().limit(PAGE)).isEqualTo(ByteBuffer.allocate(PAGE));
        }
    }

    @Test
    void discarded_and_zeroed_ranges_read_zeros_and_their_neighbours_stay() throws IOException {
        try (BlockStore store = store()) {
            byte[] data = random(16 * PAGE);
            assertThat(write(store, 0, data, false)).isNull();
            Outcome discarded = new Outcome();
            store.discard(PAGE + BLOCK, 2 * PAGE, discarded);
            assertThat(discarded.await()).isNull();
            Outcome zeroed = new Outcome();
            store.writeZeroes(8 * PAGE - BLOCK, PAGE, zeroed);
            assertThat(zeroed.await()).isNull();
            Arrays.fill(data, PAGE + BLOCK, 3 * PAGE + BLOCK, (byte) 0);
            Arrays.fill(data, 8 * PAGE - BLOCK, 9 * PAGE - BLOCK, (byte) 0);
            assertThat(read(store, 0, data.length)).isEqualTo(data);
        }
    }

    @Test
    void zeroing_what_was_never_written_allocates_nothing() throws IOException {
        try (BlockStore store = store()) {
            Outcome zeroed = new Outcome();
            store.writeZeroes(0, SIZE, zeroed);
            assertThat(zeroed.await()).isNull();
            assertThat(store.allocated(0, SIZE)).isEmpty();
        }
    }

    @Test
    void allocated_ranges_cover_what_was_written_in_order_and_not_the_rest() throws IOException {
        try (BlockStore store = store()) {
            assertThat(write(store, 1 << 20, random(PAGE), false)).isNull();
            assertThat(write(store, 4 << 20, random(2 * PAGE), false)).isNull();
            assertThat(flush(store)).isNull();
            List<Range> ranges = store.allocated(0, SIZE);
            assertThat(ranges).hasSize(2);
            assertThat(ranges.get(0).offset()).isLessThanOrEqualTo(1 << 20);
            assertThat(ranges.get(1).offset()).isBetween((2L << 20), (4L << 20));
            assertThat(store.allocated(4 << 20, PAGE)).containsExactly(new Range(4 << 20, PAGE));
            Outcome discarded = new Outcome();
            store.discard(0, SIZE, discarded);
            assertThat(discarded.await()).isNull();
            assertThat(store.allocated(0, SIZE)).isEmpty();
        }
    }

    @Test
    void many_operations_at_once_each_complete_once_and_none_is_lost() throws IOException {
        try (BlockStore store = store()) {
            List<byte[]> data = new ArrayList<>();
            List<Outcome> outcomes = new ArrayList<>();
            for (int i = 0; i < 256; i++) {
                data.add(random(PAGE));
                Outcome outcome = new Outcome();
                outcomes.add(outcome);
                store.write((long) i * PAGE, direct(data.get(i)), i % 16 == 0, outcome);
                if (i % 32 == 0) {
                    Outcome flushed = new Outcome();
                    outcomes.add(flushed);
                    store.flush(flushed);
                }
            }
            assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.await()).isNull());
            for (int i = 0; i < data.size(); i++) {
                assertThat(read(store, (long) i * PAGE, PAGE)).isEqualTo(data.get(i));
            }
        }
    }

    @Test
    void a_closed_store_refuses_everything() throws IOException {
        BlockStore store = store();
        store.close();
        store.close();
        assertThat(write(store, 0, random(PAGE), false)).isEqualTo(StoreException.Reason.CLOSED);
        assertThat(flush(store)).isEqualTo(StoreException.Reason.CLOSED);
        Outcome read = new Outcome();
        assertThat(store.read(0, ByteBuffer.allocateDirect(PAGE), read))
                .isInstanceOf(ReadAnswer.Pending.class);
        assertThat(read.await()).isEqualTo(StoreException.Reason.CLOSED);
    }

    /** Writes and waits. */
    protected static StoreException.@Nullable Reason write(
            BlockStore store, long offset, byte[] data, boolean durable) {
        Outcome outcome = new Outcome();
        store.write(offset, direct(data), durable, outcome);
        return outcome.await();
    }

    /** Flushes and waits. */
    protected static StoreException.@Nullable Reason flush(BlockStore store) {
        Outcome outcome = new Outcome();
        store.flush(outcome);
        return outcome.await();
    }

    /** Reads, whichever way the store answers. */
    protected static byte[] read(BlockStore store, long offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(length);
        into(store, offset, buffer);
        byte[] data = new byte[length];
        buffer.get(0, data);
        return data;
    }

    private static void into(BlockStore store, long offset, ByteBuffer buffer) throws IOException {
        Outcome outcome = new Outcome();
        switch (store.read(offset, buffer, outcome)) {
            case ReadAnswer.Filled _ -> assertThat(outcome.isTold()).isFalse();
            case ReadAnswer.Pending _ -> assertThat(outcome.await()).isNull();
            case ReadAnswer.FileRange range -> {
                assertThat(range.length()).isEqualTo(buffer.remaining());
                assertThat(range.file().read(buffer.duplicate(), range.position()))
                        .isEqualTo(range.length());
            }
        }
    }

    /** Random bytes; the same in every run. */
    protected static byte[] random(int length) {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        return data;
    }

    /** As a direct buffer. */
    protected static ByteBuffer direct(byte[] data) {
        return ByteBuffer.allocateDirect(data.length).put(data).flip();
    }
}
