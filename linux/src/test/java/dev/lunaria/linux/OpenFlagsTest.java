package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** The numbers that differ between architectures, as their kernel headers have them. */
final class OpenFlagsTest {

    @Test
    void flagsOfX86AreThoseOfAsmGeneric() {
        assertThat(OpenFlags.direct(Architecture.X86_64)).isEqualTo(0x4000);
        assertThat(OpenFlags.directory(Architecture.X86_64)).isEqualTo(0x10000);
        assertThat(OpenFlags.noFollow(Architecture.X86_64)).isEqualTo(0x20000);
        assertThat(OpenFlags.largeFile(Architecture.X86_64)).isEqualTo(0x8000);
    }

    @Test
    void flagsOfArm64AreItsOwn() {
        assertThat(OpenFlags.directory(Architecture.AARCH64)).isEqualTo(0x4000);
        assertThat(OpenFlags.noFollow(Architecture.AARCH64)).isEqualTo(0x8000);
        assertThat(OpenFlags.direct(Architecture.AARCH64)).isEqualTo(0x10000);
        assertThat(OpenFlags.largeFile(Architecture.AARCH64)).isEqualTo(0x20000);
    }

    @Test
    void anArchitectureThatWasNotCheckedIsRefusedByName() {
        assertThat(Architecture.of("amd64")).isEqualTo(Architecture.X86_64);
        assertThat(Architecture.of("aarch64")).isEqualTo(Architecture.AARCH64);
        assertThatThrownBy(() -> Architecture.of("riscv64"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("riscv64");
    }
}
