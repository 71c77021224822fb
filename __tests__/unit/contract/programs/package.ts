export * as index from '../../../../src/index';
export * as testing from '../../../../src/testing';
