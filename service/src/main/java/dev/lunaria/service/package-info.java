/** What every program needs, written once. */
@NullMarked
package dev.lunaria.service;

import org.jspecify.annotations.NullMarked;
