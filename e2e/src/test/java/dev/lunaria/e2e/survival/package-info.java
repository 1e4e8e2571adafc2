/** What must survive: bytes on mounted volumes, and the pods beside one whose disk fails. */
@NullMarked
package dev.lunaria.e2e.survival;

import org.jspecify.annotations.NullMarked;
