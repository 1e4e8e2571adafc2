/** Endpoints, and gRPC servers and channels on them. */
@NullMarked
package dev.lunaria.service.net;

import org.jspecify.annotations.NullMarked;
