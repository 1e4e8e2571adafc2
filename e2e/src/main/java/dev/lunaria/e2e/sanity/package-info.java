/** csi-sanity, the CSI project's own conformance test, against the real programs. */
@NullMarked
package dev.lunaria.e2e.sanity;

import org.jspecify.annotations.NullMarked;
