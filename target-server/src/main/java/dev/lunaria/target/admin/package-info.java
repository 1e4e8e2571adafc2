/** The admin API over gRPC: its services, its messages, and its one map of errors. */
@NullMarked
package dev.lunaria.target.admin;

import org.jspecify.annotations.NullMarked;
