/** Text keys, and their negotiation (RFC 7143 §6 and §13). */
@NullMarked
package dev.lunaria.iscsi.text;

import org.jspecify.annotations.NullMarked;
