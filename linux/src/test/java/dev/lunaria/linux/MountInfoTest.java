package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Lines of mountinfo, by proc_pid_mountinfo(5). */
final class MountInfoTest {

    @Test
    void aLineIsReadWithItsOptionalFields() {
        MountInfo mount =
                MountInfo.parse(
                        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root"
                                + " rw,errors=continue");
        assertThat(mount.id()).isEqualTo(36);
        assertThat(mount.parent()).isEqualTo(35);
        assertThat(mount.device()).isEqualTo(new DeviceNumber(98, 0));
        assertThat(mount.root()).isEqualTo("/mnt1");
        assertThat(mount.mountPoint()).isEqualTo(Path.of("/mnt2"));
        assertThat(mount.options()).containsExactly("rw", "noatime");
        assertThat(mount.propagation()).containsExactly("master:1", "shared:7");
        assertThat(mount.type()).isEqualTo("ext3");
        assertThat(mount.source()).isEqualTo("/dev/root");
        assertThat(mount.superOptions()).containsExactly("rw", "errors=continue");
        assertThat(mount.isReadOnly()).isFalse();
    }

    @Test
    void aLineWithoutOptionalFieldsIsRead() {
        MountInfo mount = MountInfo.parse("20 1 0:5 / /dev ro,relatime - devtmpfs dev rw");
        assertThat(mount.propagation()).isEmpty();
        assertThat(mount.type()).isEqualTo("devtmpfs");
        assertThat(mount.isReadOnly()).isTrue();
    }

    @Test
    void octalEscapesOfTheKernelAreUndone() {
        MountInfo mount =
                MountInfo.parse(
                        "1 2 0:3 / /with\\040space\\011tab\\012line\\134slash rw - tmpfs a\\040b"
                                + " rw");
        assertThat(mount.mountPoint()).isEqualTo(Path.of("/with space\ttab\nline\\slash"));
        assertThat(mount.source()).isEqualTo("a b");
    }

    @Test
    void aBackslashThatIsNoEscapeStays() {
        assertThat(MountInfo.unescape("a\\9x")).isEqualTo("a\\9x");
        assertThat(MountInfo.unescape("end\\04")).isEqualTo("end\\04");
        assertThat(MountInfo.unescape("mü\\040x")).isEqualTo("mü x");
    }

    @Test
    void anEmptySourceIsNoReasonToFail() {
        assertThat(MountInfo.parse("1 2 0:3 / /x rw - tmpfs  rw").source()).isEmpty();
    }

    @Test
    void whatIsNoLineOfMountinfoIsRefused() {
        assertThatThrownBy(() -> MountInfo.parse("1 2 0:3 / /x rw shared:1"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void mountsAreFoundByPathAndByDevice() {
        MountTable table =
                MountTable.parse(
                        """
                        1 0 8:1 / / rw - ext4 /dev/sda1 rw
                        2 1 7:3 / /data rw - ext4 /dev/loop3 rw
                        3 1 7:3 / /data/pod rw - ext4 /dev/loop3 rw
                        4 1 0:9 / /database rw - tmpfs none rw
                        5 2 0:10 / /data rw - tmpfs over rw
                        """);
        assertThat(table.at(Path.of("/data/../data")))
                .extracting(MountInfo::id)
                .containsExactly(2, 5);
        assertThat(table.below(Path.of("/data")))
                .extracting(MountInfo::id)
                .containsExactly(2, 3, 5);
        assertThat(table.of(new DeviceNumber(7, 3)))
                .extracting(MountInfo::id)
                .containsExactly(2, 3);
    }
}
