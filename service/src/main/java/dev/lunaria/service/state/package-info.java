/** State folders and the lock that lets one process use them. */
@NullMarked
package dev.lunaria.service.state;

import org.jspecify.annotations.NullMarked;
