@NullMarked
package dev.lunaria.iscsi.scsi;

import org.jspecify.annotations.NullMarked;
