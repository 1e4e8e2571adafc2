/** What the controller and the node plugin share of CSI. */
@NullMarked
package dev.lunaria.service.csi;

import org.jspecify.annotations.NullMarked;
