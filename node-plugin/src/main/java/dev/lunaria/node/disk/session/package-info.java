/** iSCSI sessions of the user-space disk over Netty: what carries a block device's I/O. */
@NullMarked
package dev.lunaria.node.disk.session;

import org.jspecify.annotations.NullMarked;
