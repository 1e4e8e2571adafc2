package dev.lunaria.service.secret;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.secret.ChapSecretDerivation.Grant;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

final class ChapSecretDerivationTest {
    private static final Secret KEY = Secret.of("0123456789abcdef0123456789abcdef");
    private static final Grant GRANT = new Grant("cluster", "pool/lun", "mybox0", 3);

    @Test
    void aRepeatGivesTheSame() {
        assertThat(ChapSecretDerivation.derive(KEY, GRANT))
                .isEqualTo(ChapSecretDerivation.derive(KEY, GRANT));
    }

    @Test
    void everyPartMatters() {
        var other = Secret.of("another key of another cluster!!");
        List<ChapSecretDerivation.Secrets> all =
                List.of(
                        ChapSecretDerivation.derive(KEY, GRANT),
                        ChapSecretDerivation.derive(other, GRANT),
                        ChapSecretDerivation.derive(
                                KEY, new Grant("other", "pool/lun", "mybox0", 3)),
                        ChapSecretDerivation.derive(
                                KEY, new Grant("cluster", "pool/lum", "mybox0", 3)),
                        ChapSecretDerivation.derive(
                                KEY, new Grant("cluster", "pool/lun", "mybox1", 3)),
                        ChapSecretDerivation.derive(
                                KEY, new Grant("cluster", "pool/lun", "mybox0", 4)));
        Set<String> texts = new HashSet<>();
        all.forEach(
                s -> texts.addAll(List.of(s.initiator().revealText(), s.target().revealText())));
        assertThat(texts).hasSize(all.size() * 2);
    }

    /** Parts stand behind their lengths: no two grants give the same bytes. */
    @Test
    void movedBoundariesMatter() {
        assertThat(ChapSecretDerivation.derive(KEY, new Grant("ab", "c", "d", 1)))
                .isNotEqualTo(ChapSecretDerivation.derive(KEY, new Grant("a", "bc", "d", 1)));
    }

    /** RFC 7143 §9.2.1 asks for 96 random bits; we give 192, as printable text. */
    @Test
    void secretsArePrintableAndLong() {
        String text = ChapSecretDerivation.derive(KEY, GRANT).initiator().revealText();
        assertThat(text).matches("[A-Za-z0-9_-]{32}");
    }

    /** RFC 5869 computed by hand from HMAC, so that a change of JDK can't change secrets. */
    @Test
    void itIsHkdfSha256() throws GeneralSecurityException {
        byte[] salt = "lunaria/chap/v1".getBytes(StandardCharsets.US_ASCII);
        byte[] pseudorandomKey = hmac(salt, KEY.reveal());
        byte[] info =
                ("\0\0\0\7cluster\0\0\0\10pool/lun\0\0\0\6mybox0\0\0\0\1" + "3\0\0\0\6TARGET\1")
                        .getBytes(StandardCharsets.ISO_8859_1);
        byte[] output = hmac(pseudorandomKey, info);
        byte[] secret = new byte[ChapSecretDerivation.SECRET_BYTES];
        System.arraycopy(output, 0, secret, 0, secret.length);
        assertThat(ChapSecretDerivation.derive(KEY, GRANT).target().revealText())
                .isEqualTo(Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    }

    private static byte[] hmac(byte[] key, byte[] data) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(data);
    }
}
