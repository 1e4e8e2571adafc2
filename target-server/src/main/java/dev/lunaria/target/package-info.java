/** The target server: serves sparse files as iSCSI LUNs. */
@NullMarked
package dev.lunaria.target;

import org.jspecify.annotations.NullMarked;
