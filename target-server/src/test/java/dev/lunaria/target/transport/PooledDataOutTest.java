package dev.lunaria.target.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.target.DataOutPool.Lease;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The bound of Data-Out memory. */
final class PooledDataOutTest {
    private final PooledDataOut pool = new PooledDataOut(PooledByteBufAllocator.DEFAULT, 10_000);
    private final AtomicInteger woken = new AtomicInteger();

    private Lease taken(int bytes) {
        Lease lease = pool.take(bytes, woken::incrementAndGet);
        if (lease == null) {
            throw new AssertionError("no room for " + bytes);
        }
        return lease;
    }

    @Test
    void buffersAreDirectAndAsLongAsAsked() {
        Lease lease = taken(4097);
        assertThat(lease.buffer().isDirect()).isTrue();
        assertThat(lease.buffer().capacity()).isEqualTo(4097);
        assertThat(lease.buffer().remaining()).isEqualTo(4097);
        assertThat(lease.buffer()).isSameAs(lease.buffer());
        lease.release();
        assertThat(pool.used()).isZero();
    }

    @Test
    void beyondTheLimitOneWaitsAndIsWokenOnce() {
        Lease first = taken(6_000);
        Lease second = taken(4_000);
        assertThat(pool.take(1, woken::incrementAndGet)).isNull();
        assertThat(woken).hasValue(0);
        second.release();
        assertThat(woken).hasValue(1);
        first.release();
        assertThat(woken).hasValue(1);
        assertThat(pool.used()).isZero();
    }

    @Test
    void oneThatIsLargerThanThePoolGetsItAlone() {
        Lease small = taken(1);
        assertThat(pool.take(20_000, woken::incrementAndGet)).isNull();
        small.release();
        assertThat(woken).hasValue(1);
        taken(20_000).release();
        assertThat(pool.used()).isZero();
    }
}
