package dev.lunaria.iscsi.chap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 1994 §4.1 and RFC 7143 §12.1.3. */
class ChapTest {
    private static final ChapSecret SECRET = ChapSecret.of("secret of sixteen");

    /** Computed apart, as hash(identifier, secret, challenge). */
    @ParameterizedTest
    @CsvSource({
        "5, 7804920eee241cc7f72fec9dae06bdc2",
        "6, 987b3afb537de13799227e7571f29aadcaef5288",
        "7, c76bd0f296ed1f5925a61b164e843df5bb16e9a1704c0655b45e53ba6b2ae8e3",
        "8, 13a0f9becf8ee149737aa93d823ce54a09863849d9e4f7e7becf3673e1f7499f",
    })
    void responseIsTheHashOfIdentifierSecretAndChallenge(String number, String response) {
        ChapAlgorithm algorithm = Objects.requireNonNull(ChapAlgorithm.of(number));
        byte[] bytes = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");

        ChapChallenge challenge = ChapChallenge.received(algorithm, 0x2a, bytes);

        assertThat(HexFormat.of().formatHex(challenge.response(SECRET))).isEqualTo(response);
        assertThat(challenge.isAnsweredBy(challenge.response(SECRET), SECRET)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(ChapAlgorithm.class)
    void otherSecretIdentifierOrChallengeIsAnotherResponse(ChapAlgorithm algorithm) {
        ChapChallenge challenge = ChapChallenge.create(algorithm, new SplittableRandom(1));
        byte[] response = challenge.response(SECRET);

        assertThat(challenge.isAnsweredBy(response, ChapSecret.of("other"))).isFalse();
        assertThat(
                        ChapChallenge.received(
                                        algorithm, challenge.identifier() ^ 1, challenge.bytes())
                                .isAnsweredBy(response, SECRET))
                .isFalse();
        assertThat(
                        ChapChallenge.create(algorithm, new SplittableRandom(2))
                                .isAnsweredBy(response, SECRET))
                .isFalse();
        assertThat(challenge.isAnsweredBy(new byte[0], SECRET)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "4", "9", "05", "5 ", "MD5"})
    void numberThatNoAlgorithmHasIsNone(String number) {
        assertThat(ChapAlgorithm.of(number)).isNull();
    }

    /** democratic-csi#515. */
    @Test
    void secretIsNeverPrinted() {
        assertThat(new ChapCredential("user", SECRET).toString())
                .isEqualTo("ChapCredential[name=user, secret=ChapSecret[hidden]]");
    }

    @Test
    void secretHasAtLeastOneByteAndAtMost256() {
        assertThatThrownBy(() -> ChapSecret.of("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ChapSecret.of(new byte[257]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(ChapSecret.of(new byte[256])).isEqualTo(ChapSecret.of(new byte[256]));
    }
}
