/**
 * Logical units (SAM-5 §4.5): SCSI commands on the bytes of a {@code BlockStore}, unit attentions,
 * format state. No I/O, no threads, no clock of its own: all three are handed in.
 */
@NullMarked
package dev.lunaria.target.device;

import org.jspecify.annotations.NullMarked;
