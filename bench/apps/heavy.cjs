// What a larger program loads: 360 files with 2 MB.
require('express');
require('fastify');
require('zod');
