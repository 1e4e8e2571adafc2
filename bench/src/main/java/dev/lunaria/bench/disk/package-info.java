/** The user-space disk beside qemu-storage-daemon's, as fio sees them through ext4. */
@NullMarked
package dev.lunaria.bench.disk;

import org.jspecify.annotations.NullMarked;
