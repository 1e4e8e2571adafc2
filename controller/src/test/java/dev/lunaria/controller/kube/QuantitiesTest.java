package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Quantity;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes read back as the same number, or a little less where they are rounded. */
final class QuantitiesTest {

    @ParameterizedTest
    @CsvSource({"0, 0", "1000, 1000", "4096, 4Ki", "10737418240, 10Gi", "10737422336, 10485764Ki"})
    void anExactSizeIsInItsLargestUnit(long bytes, String text) {
        assertThat(Quantities.exact(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 102399, 102400, 10737418240L, 999_999_999_999L, Long.MAX_VALUE})
    void aRoundedSizeIsLessByAHundredthAtMost(long bytes) {
        String text = Quantities.rounded(bytes);

        assertThat(text).hasSizeLessThanOrEqualTo(8);
        long read = new Quantity(text).getNumericalAmount().longValueExact();
        assertThat(read).isLessThanOrEqualTo(bytes).isGreaterThanOrEqualTo(bytes - bytes / 100);
    }
}
