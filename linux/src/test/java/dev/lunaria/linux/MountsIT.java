package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mounting, as root. */
final class MountsIT {

    @TempDir Path folder;

    @BeforeEach
    void root() {
        assumeTrue(Processes.effectiveUserId() == 0, "mount(2) needs root");
    }

    @Test
    void aMountIsReadBackFromTheKernelUnderItsRealName() throws IOException {
        Path target = Files.createDirectory(folder.resolve("with space\\and slash"));
        Mounts.mount(
                "lunaria test", target, "tmpfs", Mounts.MS_NOSUID | Mounts.MS_NODEV, "size=1m");
        try {
            assertThat(MountTable.read().at(target))
                    .singleElement()
                    .satisfies(mount -> {
                        assertThat(mount.type()).isEqualTo("tmpfs");
                        assertThat(mount.source()).isEqualTo("lunaria test");
                        assertThat(mount.options()).contains("nosuid", "nodev");
                    });
            assertThat(FileSystemStatus.of(target).type()).isEqualTo(FileSystemStatus.TMPFS_MAGIC);
            assertThat(FileSystemStatus.of(target).totalBytes()).isEqualTo(1 << 20);
        } finally {
            Mounts.unmount(target, 0);
        }
        assertThat(MountTable.read().at(target)).isEmpty();
    }

    @Test
    void aBusyMountRefusesToGoUnlessItIsDetached() throws IOException {
        Path target = Files.createDirectory(folder.resolve("busy"));
        Mounts.mount("lunaria", target, "tmpfs", 0, "size=1m");
        Path file = target.resolve("open");
        try (Descriptor open = FileIo.open(file, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600)) {
            assertThatThrownBy(() -> Mounts.unmount(target, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> {
                                assertThat(e.errno()).isEqualTo(Errno.EBUSY);
                                assertThat(e.argument()).isEqualTo(target.toString());
                            });
            Mounts.unmount(target, Mounts.MNT_DETACH | Mounts.UMOUNT_NOFOLLOW);
            assertThat(open.isClosed()).isFalse();
        }
        assertThat(MountTable.read().at(target)).isEmpty();
    }

    @Test
    void aBindMountCanBeReadOnlyWhileItsOriginIsNot() throws IOException {
        Path origin = Files.createDirectory(folder.resolve("origin"));
        Path view = Files.createDirectory(folder.resolve("view"));
        Mounts.bind(origin, view);
        try {
            Mounts.remountBindReadOnly(view);
            Files.createFile(origin.resolve("file"));
            assertThat(view.resolve("file")).exists();
            assertThatThrownBy(() ->
                            FileIo.open(
                                    view.resolve("other"),
                                    OpenFlags.O_RDWR | OpenFlags.O_CREAT,
                                    0600))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.errnoName()).isEqualTo("EROFS"));
        } finally {
            Mounts.unmount(view, 0);
        }
    }

    @Test
    void unmountingWhatIsNotMountedSaysSo() {
        assertThatThrownBy(() -> Mounts.unmount(folder, 0))
                .isInstanceOf(LinuxException.class)
                .hasMessage("umount2(" + folder + "): EINVAL");
    }
}
