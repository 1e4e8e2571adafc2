package dev.lunaria.iscsi.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Binary values of RFC 7143 §6.1. */
class BinaryValueTest {

    @Test
    void hexadecimalAndBase64AreTheSameBytes() throws NegotiationException {
        byte[] expected = {0x01, (byte) 0xfe, 0x7f};

        assertThat(BinaryValue.parse("0x01fe7f")).isEqualTo(expected);
        assertThat(BinaryValue.parse("0X01FE7F")).isEqualTo(expected);
        assertThat(BinaryValue.parse("0bAf5/")).isEqualTo(expected);
        assertThat(BinaryValue.parse("0x1fe7f")).isEqualTo(expected);
    }

    @Test
    void everyLengthUpTo1024BytesComesBack() throws NegotiationException {
        SplittableRandom random = new SplittableRandom(1);
        for (int length = 1; length <= BinaryValue.MAX_BYTES; length += 31) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            assertThat(BinaryValue.parse(BinaryValue.format(bytes))).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "0x", "0b", "12", "0y12", "0xzz", "0b?", "x00", "0b===="})
    void whatIsNoneIsRefused(String value) {
        assertThatThrownBy(() -> BinaryValue.parse(value)).isInstanceOf(NegotiationException.class);
    }

    @Test
    void moreThan1024BytesAreRefused() {
        assertThatThrownBy(() -> BinaryValue.parse(BinaryValue.format(new byte[1025])))
                .isInstanceOf(NegotiationException.class);
    }
}
