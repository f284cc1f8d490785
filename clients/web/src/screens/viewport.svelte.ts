/** The widths that change the layout (design §2): phone below 600, one pane below 768, details beside from 1280. */

class Viewport {
  width = $state(innerWidth)
  get phone(): boolean {
    return this.width < 600
  }
  get onePane(): boolean {
    return this.width < 768
  }
  get detailsPush(): boolean {
    return this.width >= 1280
  }
  get railWide(): boolean {
    return this.width >= 1440
  }
}

export const viewport = new Viewport()

addEventListener('resize', () => (viewport.width = innerWidth))
