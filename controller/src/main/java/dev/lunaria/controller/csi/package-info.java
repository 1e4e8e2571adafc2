/** The edge to CSI: arguments checked, answers built, failures turned into codes. */
@NullMarked
package dev.lunaria.controller.csi;

import org.jspecify.annotations.NullMarked;
