/**
 * Which LUNs, grants and format states exist: small files, every change durable when its call
 * returns.
 */
@NullMarked
package dev.lunaria.target.catalog;

import org.jspecify.annotations.NullMarked;
