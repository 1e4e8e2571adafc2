package dev.lunaria.iscsi.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The text format of RFC 7143 §6.1. */
class TextKeysTest {

    @Test
    void pairsEndWithNul() throws NegotiationException {
        assertThat(TextKeys.parse(data("InitialR2T=No|TargetAlias=Größe=1|Empty=|")))
                .containsExactly(
                        new KeyValue("InitialR2T", "No"),
                        new KeyValue("TargetAlias", "Größe=1"),
                        new KeyValue("Empty", ""));
    }

    @Test
    void nulsBetweenPairsArePassedOver() throws NegotiationException {
        assertThat(TextKeys.parse(data("|a=1|||b=2||")))
                .containsExactly(new KeyValue("a", "1"), new KeyValue("b", "2"));
    }

    @Test
    void emptyTextHasNoPairs() throws NegotiationException {
        assertThat(TextKeys.parse(data(""))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=1", // no NUL
                "=1|",
                "abc|",
                "a b=1|",
                "a=line\nbreak|",
                "ä=1|",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=64 characters|",
            })
    void textThatIsNoneIsRefused(String text) {
        assertThatThrownBy(() -> TextKeys.parse(data(text)))
                .isInstanceOf(NegotiationException.class);
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() {
        ByteBuffer text = ByteBuffer.wrap(new byte[] {'a', '=', (byte) 0xc3, 0});

        assertThatThrownBy(() -> TextKeys.parse(text)).hasMessage("a is not UTF-8");
    }

    @Test
    void valueHasAtMost8192Bytes() throws NegotiationException {
        assertThat(TextKeys.parse(data("a=" + "v".repeat(8192) + "|"))).hasSize(1);
        assertThat(catchThrowable(() -> TextKeys.parse(data("a=" + "v".repeat(8193) + "|"))))
                .isInstanceOf(NegotiationException.class);
    }

    @Test
    void textHasAtMost64Pairs() throws NegotiationException {
        assertThat(TextKeys.parse(data("a=1|".repeat(64)))).hasSize(64);
        assertThat(catchThrowable(() -> TextKeys.parse(data("a=1|".repeat(65)))))
                .isInstanceOf(NegotiationException.class);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void whatIsFormattedParsesAgain(long seed) throws NegotiationException {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 100; round++) {
            List<KeyValue> pairs = new ArrayList<>();
            for (int i = random.nextInt(20); i > 0; i--) {
                pairs.add(new KeyValue(word(random, 1, 63), word(random, 0, 300)));
            }
            ByteBuffer text = TextKeys.format(pairs);
            assertThat(TextKeys.parse(text)).isEqualTo(pairs);
        }
    }

    private static String word(SplittableRandom random, int least, int most) {
        StringBuilder word = new StringBuilder();
        for (int i = random.nextInt(least, most + 1); i > 0; i--) {
            word.append((char) random.nextInt('A', 'z'));
        }
        return word.toString();
    }

    private static ByteBuffer data(String text) {
        return StandardCharsets.UTF_8.encode(text.replace('|', '\0'));
    }
}
