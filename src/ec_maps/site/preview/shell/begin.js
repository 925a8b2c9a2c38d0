"use strict";

// Before the first drawing of a page, so that what only scripts unfold is never seen to fold.
document.documentElement.classList.add("js");
