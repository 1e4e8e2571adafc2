/** Tests of the logical unit, one rule of the standards each, and the rig that they share. */
@NullMarked
package dev.lunaria.target.device;

import org.jspecify.annotations.NullMarked;
