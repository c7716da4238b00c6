import 'reflect-metadata'
import { Readable } from 'node:stream'
import { Body, Controller, Get, HttpException, Module, Param, Post, Req, StreamableFile } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { work } from './work.js'

/** Applies decorators to a method and its parameters by hand: plain JavaScript has no syntax for them. */
function decorate(type, name, decorators, ...parameters) {
  parameters.forEach((parameter, index) => {
    parameter(type.prototype, name, index)
  })
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name)
  for (const decorator of decorators) decorator(type.prototype, name, descriptor)
}

/** The app for both adapters of Nest. */
export async function startNest(adapter, check) {
  const raw = (request) => request.raw ?? request

  class Teams {
    async member(request, memberId) {
      await work(raw(request), check)
      return { member: memberId }
    }
    failure() {
      throw new HttpException('no such member', 500)
    }
  }
  decorate(Teams, 'member', [Get(':teamId/members/:memberId')], Req(), Param('memberId'))
  decorate(Teams, 'failure', [Get(':teamId/members/:memberId/failure')])
  Controller('teams')(Teams)

  class Users {
    async create(request, body) {
      await work(raw(request), check)
      return { length: body.text.length }
    }
    async user(request, userId) {
      await work(raw(request), check)
      return { user: userId }
    }
    async failure(request) {
      await work(raw(request), check)
      throw new HttpException('no such user', 500)
    }
  }
  decorate(Users, 'create', [Post()], Req(), Body())
  decorate(Users, 'user', [Get(':userId')], Req(), Param('userId'))
  decorate(Users, 'failure', [Get(':userId/failure')], Req())
  Controller('users')(Users)

  class Stream {
    stream(request) {
      const source = Readable.from(['a', 'b', 'c'])
      source.on('data', () => check(raw(request), 'while streaming'))
      return new StreamableFile(source)
    }
  }
  decorate(Stream, 'stream', [Get('stream')], Req())
  Controller()(Stream)

  class App {}
  Module({ controllers: [Teams, Users, Stream] })(App)
  const app = await NestFactory.create(App, adapter, { logger: false })
  app.setGlobalPrefix('api', { exclude: ['users', 'users/:userId', 'users/:userId/failure', 'stream'] })
  await app.listen(0, '127.0.0.1')
  return app.getHttpServer()
}
