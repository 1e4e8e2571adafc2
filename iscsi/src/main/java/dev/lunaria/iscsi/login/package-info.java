/** The login phase (RFC 7143 §6.3) as pure state machines, one a side. */
@NullMarked
package dev.lunaria.iscsi.login;

import org.jspecify.annotations.NullMarked;
