// The application of a NestJS user.
import { Controller, Get, Module } from '@nestjs/common';

class AppController {
  hello() {
    return 'hello';
  }
}
const { prototype } = AppController;
Get()(prototype, 'hello', Object.getOwnPropertyDescriptor(prototype, 'hello'));
Controller()(AppController);

export class AppModule {}
Module({ controllers: [AppController] })(AppModule);
