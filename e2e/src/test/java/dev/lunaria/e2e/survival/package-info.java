/** What must survive: programs killed at any moment under a pod that writes. */
@NullMarked
package dev.lunaria.e2e.survival;

import org.jspecify.annotations.NullMarked;
