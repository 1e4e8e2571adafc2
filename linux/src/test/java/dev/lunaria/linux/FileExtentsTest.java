package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.linux.FileExtents.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When two files have the same bytes because they have the same place, and when nobody knows. */
final class FileExtentsTest {

    private static final int UNWRITTEN = 0x800;
    private static final int ENCODED = 0x8;
    private static final int SHARED = 0x2000;

    private static boolean same(List<Extent> one, List<Extent> other) {
        return FileExtents.areTheSame(one, other, 4096, 16384);
    }

    private static Extent at(long logical, long physical, long length) {
        return new Extent(logical, physical, length, SHARED);
    }

    @Test
    void theSamePlacesAreTheSameBytesHoweverTheyAreCut() {
        assertThat(same(List.of(at(0, 1 << 20, 65536)), List.of(at(0, 1 << 20, 65536)))).isTrue();
        assertThat(
                        same(
                                List.of(at(0, 1 << 20, 8192), at(8192, (1 << 20) + 8192, 8192)),
                                List.of(at(4096, (1 << 20) + 4096, 65536))))
                .isTrue();
    }

    @Test
    void anotherPlaceAHoleOrAnEndIsNotKnownToBeTheSame() {
        List<Extent> whole = List.of(at(0, 1 << 20, 65536));
        assertThat(same(whole, List.of(at(0, 2 << 20, 65536)))).isFalse();
        assertThat(same(whole, List.of(at(0, 1 << 20, 8192)))).isFalse();
        assertThat(same(whole, List.of(at(8192, (1 << 20) + 8192, 8192)))).isFalse();
        assertThat(same(whole, List.of(at(0, 1 << 20, 8192), at(12288, (1 << 20) + 12288, 4096))))
                .isFalse();
        assertThat(same(List.of(), List.of())).isFalse();
    }

    @Test
    void whatIsCompressedOrNotWrittenYetIsNotKnownToBeTheSame() {
        Extent compressed = new Extent(0, 1 << 20, 65536, SHARED | ENCODED);
        assertThat(same(List.of(compressed), List.of(compressed))).isFalse();
        Extent unwritten = new Extent(0, 1 << 20, 65536, UNWRITTEN);
        assertThat(same(List.of(unwritten), List.of(at(0, 1 << 20, 65536)))).isFalse();
        assertThat(same(List.of(unwritten), List.of(unwritten))).isTrue();
    }

    @Test
    void theKernelTellsWhereDataLieAndNothingOfHoles(@TempDir Path folder) throws IOException {
        try (Descriptor file =
                FileIo.open(folder.resolve("sparse"), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600)) {
            FileControl.truncate(file, 8 << 20);
            ByteBuffer data = ByteBuffer.allocateDirect(65536);
            for (int i = 0; i < data.capacity(); i++) {
                data.put(i, (byte) 7);
            }
            FileIo.writeFully(file, data, 4 << 20, 0);
            FileControl.fsync(file);
            assertThat(FileExtents.of(file, 0, 4 << 20)).isEmpty();
            List<Extent> extents = FileExtents.of(file, 4 << 20, 65536);
            // tmpfs has no extents to tell of.
            if (!extents.isEmpty()) {
                assertThat(extents.getFirst().logical()).isLessThanOrEqualTo(4 << 20);
                assertThat(FileExtents.areTheSame(extents, extents, 4 << 20, (4 << 20) + 65536))
                        .isTrue();
            }
        }
    }
}
