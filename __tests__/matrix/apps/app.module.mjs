// The application of somebody who uses NestJS.
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
