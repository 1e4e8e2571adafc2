/** Tests. */
@NullMarked
package dev.lunaria.controller.csi;

import org.jspecify.annotations.NullMarked;
