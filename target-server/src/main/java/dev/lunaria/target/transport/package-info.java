/** iSCSI connections on Netty: carries the session machine of {@code dev.lunaria.iscsi.target}. */
@NullMarked
package dev.lunaria.target.transport;

import org.jspecify.annotations.NullMarked;
