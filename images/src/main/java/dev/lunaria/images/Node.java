package dev.lunaria.images;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What stands at one path of a layer. Immutable. Root's, but for folders that are there for
 * volumes.
 */
sealed interface Node {

    /**
     * A folder.
     *
     * @param mode its permissions, such as 0755
     * @param owner its user and group, by number
     */
    record Folder(int mode, int owner) implements Node {
        /** As it is made where a file's path needs it. */
        static final Folder ORDINARY = new Folder(0755, 0);
    }

    /**
     * A regular file.
     *
     * @param executable whether all may run it: mode 0755, otherwise 0644
     */
    record File(Content content, boolean executable) implements Node {
        int mode() {
            return executable ? 0755 : 0644;
        }
    }

    /**
     * A symbolic link.
     *
     * @param target as it is written into the link
     */
    record Link(String target) implements Node {}

    /** The bytes of a file. */
    sealed interface Content {
        /** How many. */
        long size() throws IOException;

        /** Reads them from the beginning. */
        InputStream open() throws IOException;
    }

    /** Bytes in memory, which nobody changes. */
    @SuppressWarnings("ArrayRecordComponent") // equals compares what is in it
    record Bytes(byte[] bytes) implements Content {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bytes(byte[] others) && Arrays.equals(bytes, others);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    /** Bytes of a file that stays as it is until the layer is written. */
    record OnDisk(Path path) implements Content {
        @Override
        public long size() throws IOException {
            return Files.size(path);
        }

        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(path);
        }
    }
}
